import { type BindAddress, type FlagValues, UsageError } from '@ack-secret-manager/command-line'
import { isSecretSyncError } from '@ack-secret-manager/core'
import { parseQueueArn, type QueueArn } from '@ack-secret-manager/hint-source-smq'
import type { FLAGS } from './flags.ts'

/** The queue to receive hints from. */
export interface HintQueueConfig {
  readonly queue: QueueArn
  /** Undefined: that of the account and region. */
  readonly endpoint: string | undefined
  /** Default refresh interval while the queue works. Undefined: the same as without a queue. */
  readonly pollingIntervalMs: number | undefined
}

/** The HTTP target that EventBridge sends events to. */
export interface HintTargetConfig {
  readonly address: BindAddress
  /** As EventBridge has it. */
  readonly url: string
  readonly tokenFile: string
  readonly account: string
  /** Undefined: that of the region. */
  readonly certificateEndpoint: string | undefined
}

type Values = FlagValues<typeof FLAGS>

/** @throws UsageError */
export function hintQueueOf(values: Values): HintQueueConfig | undefined {
  const { 'hint-queue': arn, 'hint-endpoint': endpoint, 'polling-interval-with-push': pollingIntervalMs } = values
  if (arn === undefined) {
    if (endpoint !== undefined) throw new UsageError(`--hint-endpoint ${endpoint}: set --hint-queue as well`)
    if (pollingIntervalMs !== undefined) throw new UsageError('--polling-interval-with-push: set --hint-queue as well')
    return undefined
  }
  if (pollingIntervalMs !== undefined && pollingIntervalMs < values['polling-interval']) {
    throw new UsageError('--polling-interval-with-push: must not be shorter than --polling-interval')
  }
  try {
    return { queue: parseQueueArn(arn, '--hint-queue'), endpoint, pollingIntervalMs }
  } catch (error) {
    throw isSecretSyncError(error) ? new UsageError(error.message) : error
  }
}

/** @throws UsageError */
export function hintTargetOf(values: Values): HintTargetConfig | undefined {
  const address = values['hint-http-bind-address'] ?? undefined
  const { 'hint-http-url': url, 'hint-http-token-file': tokenFile, 'hint-http-account': account } = values
  const { 'hint-http-certificate-endpoint': certificateEndpoint } = values
  const others = { url, 'token-file': tokenFile, account, 'certificate-endpoint': certificateEndpoint }
  if (address === undefined) {
    const [name] = Object.entries(others).find(([, value]) => value !== undefined) ?? []
    if (name !== undefined) throw new UsageError(`--hint-http-${name}: set --hint-http-bind-address as well`)
    return undefined
  }
  if (url === undefined || tokenFile === undefined || account === undefined) {
    throw new UsageError(
      '--hint-http-bind-address: set --hint-http-url, --hint-http-token-file and --hint-http-account as well',
    )
  }
  const parsed = URL.parse(url)
  if (parsed?.protocol !== 'https:' || parsed.username !== '' || parsed.password !== '' || parsed.hash !== '') {
    throw new UsageError('--hint-http-url: expected an HTTPS URL without user and fragment, as EventBridge has it')
  }
  if (values.shards > 1) {
    throw new UsageError(
      '--hint-http-bind-address: not with --shards, because a request reaches one shard only; use --hint-queue',
    )
  }
  return { address, url, tokenFile, account, certificateEndpoint }
}
