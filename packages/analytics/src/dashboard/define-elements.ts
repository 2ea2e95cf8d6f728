import { ByDurationChart } from './duration-chart.ts';
import { FlowChart } from './flow-chart.ts';
import { Funnel } from './funnel.ts';
import { HoursChart } from './hours-chart.ts';
import { LengthSlider } from './length-slider.ts';
import { OverTimeChart } from './over-time-chart.ts';
import { RetentionTable } from './retention-table.ts';
import { SessionDialog } from './session-dialog.ts';
import { TaphouseDashboard } from './taphouse-dashboard.ts';
import { TaphouseTile } from './tile.ts';
import { TreemapChart } from './treemap.ts';

const elements: Readonly<Record<string, CustomElementConstructor>> = {
  'taphouse-by-duration': ByDurationChart,
  'taphouse-flow': FlowChart,
  'taphouse-funnel': Funnel,
  'taphouse-hours': HoursChart,
  'taphouse-length': LengthSlider,
  'taphouse-over-time': OverTimeChart,
  'taphouse-retention': RetentionTable,
  'taphouse-session': SessionDialog,
  'taphouse-tile': TaphouseTile,
  'taphouse-treemap': TreemapChart,
  'taphouse-dashboard': TaphouseDashboard,
};

/** Defines the elements, each once however often this module is loaded. */
for (const [name, element] of Object.entries(elements)) {
  if (!customElements.get(name)) customElements.define(name, element);
}
