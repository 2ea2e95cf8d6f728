import { ResultChart } from './result-chart.ts';
import { ResultGrid } from './result-grid.ts';
import { TaphouseSql } from './taphouse-sql.ts';

customElements.define('taphouse-result-grid', ResultGrid);
customElements.define('taphouse-result-chart', ResultChart);
customElements.define('taphouse-sql', TaphouseSql);
