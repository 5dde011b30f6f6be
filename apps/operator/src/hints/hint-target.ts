import { proxyRoutesOf } from '@ack-secret-manager/alicloud-openapi'
import { defined, systemClock } from '@ack-secret-manager/core'
import { type CertificateFetch, HttpHintSource } from '@ack-secret-manager/hint-source-http'
import type { Logger } from 'pino'
import type { OperatorOptions } from '../operator-options.ts'
import { createReceiver, type HintReceiverParts } from './create-receiver.ts'
import { tokenFile } from './token-file.ts'

/** The HTTP target of EventBridge. A standby listens as well, and rejects events so that EventBridge retries them. */
export interface HintTarget {
  readonly port: number
  /** Receives until the signal aborts. Never rejects. */
  run(parts: Pick<HintReceiverParts, 'engine'>, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Shortest time between two log lines of failures, because any sender with the token can cause them. */
const BETWEEN_FAILURES_MS = 60_000

/** Undefined without `--hint-http-bind-address`. @throws the system's error for an address that is in use */
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
  try {
    return {
      port: await source.listen(address),
      run: ({ engine }, signal) => createReceiver(source, { ...options, engine, scope, name: 'http' }).run(signal),
      close: () => source.close(),
    }
  } catch (error) {
    await source.close()
    throw error
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
