import { proxyRoutesOf } from '@ack-secret-manager/alicloud-openapi'
import { defined, systemClock } from '@ack-secret-manager/core'
import { HttpHintSource } from '@ack-secret-manager/hint-source-http'
import type { OperatorOptions } from '../operator-options.ts'
import { createReceiver, type HintReceiverParts } from './create-receiver.ts'
import { tokenFile } from './token-file.ts'

/** The HTTP target of EventBridge. It listens from the start; a standby lets EventBridge repeat. */
export interface HintTarget {
  readonly port: number
  /** Receives until the signal aborts. Never rejects. */
  run(parts: Pick<HintReceiverParts, 'engine'>, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Any sender with the token can cause failures. */
const BETWEEN_FAILURES_MS = 60_000

/** Undefined without `--hint-http-bind-address`. @throws SecretSyncError `InvalidSpec`, or the system's error for an address that is in use */
export async function startHintTarget(
  options: Pick<OperatorOptions, 'config' | 'env' | 'log' | 'metrics'>,
): Promise<HintTarget | undefined> {
  const { config, env, log, metrics } = options
  const { hintTarget, region } = config
  if (hintTarget === undefined) return undefined
  const { address, url, account, certificateEndpoint } = hintTarget
  const token = tokenFile(hintTarget.tokenFile, systemClock)
  await token()
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
