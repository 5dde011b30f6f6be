import type { BindAddress } from '@ack-secret-manager/command-line'
import type { Clock } from '@ack-secret-manager/core'
import { HttpListener, text } from './http/http-listener.ts'
import { listenAt } from './http/listen-at.ts'
import { MetricsPage } from './observability/metrics-page.ts'
import type { Metrics } from './observability/metrics.ts'

export interface ProbeServersOptions {
  readonly metrics: Metrics
  readonly metricsAddress: BindAddress | undefined
  readonly healthAddress: BindAddress | undefined
  /** Why this replica cannot lead yet; undefined when it is ready. */
  readonly notReady: () => string | undefined
  /** What this replica lacks although it is ready; undefined for nothing. */
  readonly note: () => string | undefined
  /** Updates the gauges before each scrape. */
  readonly beforeScrape: () => void
  readonly clock: Pick<Clock, 'monotonic'>
}

/** The listening ports. */
export interface ProbeServers {
  readonly metricsPort: number | undefined
  readonly healthPort: number | undefined
  close(): Promise<void>
}

/** Serves `/metrics`, `/healthz` and `/readyz`. @throws SecretSyncError if an address is unavailable */
export async function startProbeServers(options: ProbeServersOptions): Promise<ProbeServers> {
  const { metrics, metricsAddress, healthAddress, notReady, note, beforeScrape, clock } = options
  const page = new MetricsPage({ metrics, beforeRender: beforeScrape, clock })
  const metricsServer = new HttpListener({
    '/metrics': async () => ({ status: 200, contentType: metrics.registry.contentType, body: await page.read() }),
  })
  const healthServer = new HttpListener({
    '/healthz': () => text(200, 'ok'),
    '/readyz': () => {
      const missing = notReady()
      if (missing !== undefined) return text(503, `not ready: ${missing}`)
      // Still ready, because the rolling update must continue to end the replica that this one waits for.
      const added = note()
      return text(200, added === undefined ? 'ok' : `ok: ${added}`)
    },
  })
  const close = async (): Promise<void> => {
    await Promise.all([metricsServer.close(), healthServer.close()])
  }
  try {
    return {
      metricsPort: metricsAddress && (await listenAt('metrics-bind-address', metricsAddress, metricsServer)),
      healthPort: healthAddress && (await listenAt('health-probe-bind-address', healthAddress, healthServer)),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
