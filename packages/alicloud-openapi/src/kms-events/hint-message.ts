import { type Hint, type NoHintReason } from '@ack-secret-manager/core'
import { asObject, asText, parseBody } from './message-body.ts'
import { eventTime } from './event-time.ts'

/** Account and region whose secrets are read. */
export interface EventScope {
  readonly account: string
  readonly region: string
}

/** What a message says: hints, or why it has none. */
export type MessageHints =
  | { readonly hints: readonly Hint[]; readonly reason?: undefined }
  | { readonly hints?: undefined; readonly reason: NoHintReason }

type Fields = Readonly<Record<string, unknown>>

/** Rotations that KMS makes. KMS user guide, "Events". */
const ROTATION = 'kms:CloudMonitor:Secret[RotateSecret:Success]'
/** Operations that users and services make. ActionTrail user guide, "Management event structure". */
const API_CALLS = new Set([
  'kms:ActionTrail:ApiCall',
  'kms:ActionTrail:ConsoleOperation',
  'kms:ActionTrail:AliyunServiceEvent',
])
/** Operations after which a read may have another result. */
const CHANGES = new Set([
  'CreateSecret',
  'DeleteSecret',
  'PutSecretValue',
  'RestoreSecret',
  'RotateSecret',
  'UpdateSecretVersionStage',
])
const SECRET_RESOURCE = 'ACS::KMS::Secret'
const ARN = /^acs:kms:([^:]*):([^:]*):secret\/(.*)$/s
/** Alibaba Cloud KMS API reference, CreateSecret. */
const NAME = /^[A-Za-z0-9_/+=.\-@]{1,192}$/
/** Names that one event may hold; more are ignored. */
const MAX_NAMES = 20

/** The body of a message by which a program announces that it has changed a secret. */
export function hintMessage(
  { secretName, account, region }: EventScope & { readonly secretName: string },
  nowMs: number,
): string {
  return JSON.stringify({ secretName, account, region, time: new Date(nowMs).toISOString() })
}

/**
 * Finds the secrets that a message is about: an event of KMS as EventBridge delivers it, or {@link hintMessage}; plain or in base64.
 * Pure, and never throws. The content is not trusted: a name only selects a secret that is read anyway.
 */
export function hintsOfMessage(body: string, scope: EventScope): MessageHints {
  const message = parseBody(body)
  if (message === undefined) return { reason: 'malformed' }
  if (typeof message['secretName'] === 'string') return ownHint(message, message['secretName'], scope)
  if (typeof message['type'] !== 'string' || typeof message['source'] !== 'string') return { reason: 'malformed' }
  return eventHints(message, scope)
}

function ownHint(message: Fields, secretName: string, scope: EventScope): MessageHints {
  if (isForeign(message['account'], message['region'], scope)) return { reason: 'foreign' }
  return hintsFor([secretName], eventTime(message['time']), scope)
}

function eventHints(event: Fields, scope: EventScope): MessageHints {
  const data = asObject(event['data'])
  const { type, source } = event
  if (source !== 'acs.kms' || data === undefined) return { reason: source === 'acs.kms' ? 'malformed' : 'irrelevant' }
  const region = event['aliyunregionid'] ?? data['acsRegion'] ?? data['regionId']
  if (isForeign(event['aliyunaccountid'], region, scope)) return { reason: 'foreign' }
  if (type === ROTATION) return hintsFor(rotatedNames(data), eventTime(event['time']), scope)
  if (!API_CALLS.has(String(type))) return { reason: 'irrelevant' }
  const { eventName, errorCode } = data
  // A failed call has changed nothing.
  if (!CHANGES.has(String(eventName)) || (typeof errorCode === 'string' && errorCode !== ''))
    return { reason: 'irrelevant' }
  return hintsFor(calledNames(data), eventTime(data['eventTime']) ?? eventTime(event['time']), scope)
}

function hintsFor(names: readonly string[], eventMs: number | undefined, scope: EventScope): MessageHints {
  if (names.length === 0) return { reason: 'irrelevant' }
  const checked = names.slice(0, MAX_NAMES).map((name) => checkName(name.trim(), scope))
  const hints = checked.flatMap(({ secretName }) =>
    secretName === undefined ? [] : [{ secretName, ...(eventMs === undefined ? {} : { eventMs }) }],
  )
  return hints.length > 0 ? { hints } : { reason: checked[0]?.reason ?? 'malformed' }
}

function checkName(name: string, scope: EventScope): { readonly secretName?: string; readonly reason?: NoHintReason } {
  const [, region, account, bare] = ARN.exec(name) ?? []
  if (bare !== undefined && isForeign(account, region, scope)) return { reason: 'foreign' }
  return NAME.test(bare ?? name) ? { secretName: name } : { reason: 'malformed' }
}

/** Account and region may be missing, because which events of KMS carry them is not documented. */
function isForeign(account: unknown, region: unknown, scope: EventScope): boolean {
  const differs = (given: unknown, own: string): boolean => given !== undefined && given !== '' && given !== own
  return differs(account, scope.account) || differs(region, scope.region)
}

/** The ARN, which has a blank at its start in the documentation, or the name. */
function rotatedNames(data: Fields): readonly string[] {
  const content = asObject(data['content'])
  const name = asText(data['resourceId']) ?? asText(content?.['secretName'])
  return name === undefined ? [] : [name]
}

/** No event of KMS is documented, so every place is tried in which ActionTrail names a resource. */
function calledNames(data: Fields): readonly string[] {
  const parameters = asObject(data['requestParameters']) ?? parseBody(asText(data['requestParameterJson']) ?? '')
  const parameter = asText(parameters?.['SecretName'])
  if (parameter !== undefined) return [parameter]
  const referenced = asObject(data['referencedResources'])?.[SECRET_RESOURCE]
  if (Array.isArray(referenced)) return referenced.flatMap((name: unknown) => asText(name) ?? [])
  const resource = asText(data['resourceName'])
  return resource === undefined ? [] : [resource]
}
