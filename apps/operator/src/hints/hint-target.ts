import { proxyRoutesOf } from '@ack-secret-manager/alicloud-openapi'
import { defined, systemClock } from '@ack-secret-manager/core'
import { type CertificateFetch, HttpHintSource } from '@ack-secret-manager/hint-source-http'
import type { Logger } from 'pino'
import type { OperatorOptions } from '../operator-options.ts'
import { createReceiver, type HintReceiverParts } from './create-receiver.ts'
import { ListeningSource } from './listening-source.ts'
import { tokenFile } from './token-file.ts'

/** The HTTP target of EventBridge. A standby listens as well, and rejects events so that EventBridge retries them. */
export interface HintTarget {
  /** Undefined while its address cannot be used. */
  readonly port: number | undefined
  /** Receives until the signal aborts. Never rejects. */
  run(parts: Pick<HintReceiverParts, 'engine'>, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Shortest time between two log lines of failures, because any sender with the token can cause them. */
const BETWEEN_FAILURES_MS = 60_000

/** Undefined without `--hint-http-bind-address`. An address that is in use is tried again by the leader, which reports the failure. */
export async function startHintTarget(
  options: Pick<OperatorOptions, 'config' | 'env' | 'fence' | 'log' | 'metrics'>,
): Promise<HintTarget | undefined> {
  const { config, env, log, metrics } = options
  const { hintTarget, region } = config
  if (hintTarget === undefined) return undefined
  const { address, url, account, certificateEndpoint } = hintTarget
  const token = tokenFile(hintTarget.tokenFile, systemClock)
  const scope = { account, region }
  let loggedMs = -Infinity
  const source = new HttpHintSource({
    url,
    token,
    scope,
    onRequest: (result) => metrics.hintRequests.inc({ result }),
    onFailure: ({ code, message }) => {
      const nowMs = systemClock.monotonic()
      if (nowMs - loggedMs < BETWEEN_FAILURES_MS) return
      loggedMs = nowMs
      log.warn({ code }, `EventBridge repeats an event that cannot be verified: ${message}`)
    },
    onCertificate: (fetch) => {
      metrics.hintCertificateFetches.inc({ result: fetch.error?.code ?? 'ok' })
      logRenewal(log, fetch)
    },
    ...defined({ certificateEndpoint, proxy: proxyRoutesOf(env) }),
  })
  const listening = new ListeningSource(source, address, (hintPort) => {
    log.info({ hintPort }, 'Listening for events of EventBridge')
  })
  await listening.tryToListen()
  return {
    get port() {
      return listening.port
    },
    run: ({ engine }, signal) => createReceiver(listening, { ...options, engine, scope, name: 'http' }).run(signal),
    close: () => listening.close(),
  }
}

/** Logs the start and end of failing renewals. A failed first fetch is reported with the event that needs it. */
export function logRenewal(
  log: Pick<Logger, 'info' | 'warn'>,
  { error, usableUntilMs, failures }: CertificateFetch,
): void {
  if (error === undefined) {
    if (failures > 0) log.info('The certificate of EventBridge is renewed')
  } else if (usableUntilMs !== undefined && failures === 0) {
    const until = new Date(usableUntilMs).toISOString()
    log.warn(
      { code: error.code, until },
      `Renewing the certificate of EventBridge fails; the last one is used: ${error.message}`,
    )
  }
}
