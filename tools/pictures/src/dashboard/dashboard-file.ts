import { readFile } from 'node:fs/promises'
import { ROOT } from '@ack-secret-manager/chart/root'

/** A panel of the chart's dashboard, in the format of Grafana. */
export interface DashboardPanel {
  readonly title: string
  readonly type: 'stat' | 'timeseries'
  /** On a grid of 24 columns. */
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly fieldConfig: { readonly defaults: { readonly unit: string } }
  readonly targets: ReadonlyArray<{ readonly expr: string; readonly legendFormat: string }>
}

/** The panels of the chart's dashboard. */
export async function dashboardPanels(): Promise<readonly DashboardPanel[]> {
  const text = await readFile(new URL('apps/operator/chart/files/dashboard.json', ROOT), 'utf8')
  return (JSON.parse(text) as { readonly panels: readonly DashboardPanel[] }).panels
}
