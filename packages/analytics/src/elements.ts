/**
 * The charts and the dashboard as elements for any page; importing this module defines them.
 * They show what they are given as text only, and send events; `<taphouse-dashboard>` alone opens a lake.
 */
import './dashboard/define-elements.ts';

export { ByDurationChart } from './dashboard/duration-chart.ts';
export { FlowChart } from './dashboard/flow-chart.ts';
export { Funnel, type FunnelStep } from './dashboard/funnel.ts';
export { HoursChart } from './dashboard/hours-chart.ts';
export { LengthSlider } from './dashboard/length-slider.ts';
export { OverTimeChart } from './dashboard/over-time-chart.ts';
export { RetentionTable } from './dashboard/retention-table.ts';
export { TaphouseDashboard } from './dashboard/taphouse-dashboard.ts';
export { TreemapChart } from './dashboard/treemap.ts';
