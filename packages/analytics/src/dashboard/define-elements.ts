import { ByDurationChart } from './duration-chart.ts';
import { OverTimeChart } from './over-time-chart.ts';
import { TaphouseDashboard } from './taphouse-dashboard.ts';
import { TreemapChart } from './treemap.ts';

customElements.define('taphouse-by-duration', ByDurationChart);
customElements.define('taphouse-over-time', OverTimeChart);
customElements.define('taphouse-treemap', TreemapChart);
customElements.define('taphouse-dashboard', TaphouseDashboard);
