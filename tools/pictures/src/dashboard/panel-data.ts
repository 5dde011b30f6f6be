import type { DashboardPanel } from './dashboard-file.ts'
import type { PrometheusServer, QueryRange } from './prometheus-server.ts'

/** A line of a panel. */
export interface PanelSeries {
  readonly legend: string
  readonly points: ReadonlyArray<readonly [seconds: number, value: number]>
}

/** A panel with the results of its queries. */
export interface PanelData {
  readonly panel: DashboardPanel
  readonly series: readonly PanelSeries[]
  /** Queries without a result. */
  readonly empty: readonly string[]
}

/** Values of the dashboard's variables. */
export interface DashboardVariables {
  readonly namespace: string
  readonly scrapeSeconds: number
}

/** Runs the queries of each panel, as Grafana does. @throws Error if Prometheus refuses one */
export async function readPanels(
  prometheus: PrometheusServer,
  panels: readonly DashboardPanel[],
  { range, variables }: { readonly range: QueryRange; readonly variables: DashboardVariables },
): Promise<readonly PanelData[]> {
  return Promise.all(
    panels.map(async (panel) => {
      const results = await Promise.all(
        panel.targets.map(async ({ expr, legendFormat }) => {
          const result = await prometheus.queryRange(interpolate(expr, range.step, variables), range)
          const series = result.map(({ metric, values }) => ({
            legend: legendOf(legendFormat, metric),
            points: values.map(([seconds, value]) => [seconds, Number(value)] as const),
          }))
          return { expr, series: series.map(withoutNaN).filter(({ points }) => points.length > 0) }
        }),
      )
      return {
        panel,
        series: results.flatMap(({ series }) => series),
        empty: results.filter(({ series }) => series.length === 0).map(({ expr }) => expr),
      }
    }),
  )
}

/** Names of the metrics in a query. */
export function metricsOf(expr: string): readonly string[] {
  const names = expr.replaceAll(/\{[^}]*\}|"[^"]*"/g, '').match(/\b(?:acksm|process|nodejs)_[a-z0-9_]+/g) ?? []
  return [...new Set(names)]
}

/** The query with the values of the variables. The interval of `rate` is that of Grafana. */
function interpolate(expr: string, step: number, { namespace, scrapeSeconds }: DashboardVariables): string {
  const rateInterval = `${Math.max(step + scrapeSeconds, 4 * scrapeSeconds)}s`
  return expr.replaceAll('$namespace', namespace).replaceAll('$__rate_interval', rateInterval)
}

function legendOf(format: string, metric: Readonly<Record<string, string>>): string {
  return format.replaceAll(/\{\{(\w+)\}\}/g, (_all, label: string) => metric[label] ?? '').trim()
}

/** Quantiles of nothing are NaN. */
function withoutNaN({ legend, points }: PanelSeries): PanelSeries {
  return { legend, points: points.filter(([, value]) => Number.isFinite(value)) }
}
