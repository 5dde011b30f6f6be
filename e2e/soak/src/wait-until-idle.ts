import type { ApiRequest } from '@ack-secret-manager/control-plane'
import { metricValue, nameOf, type OperatorProcess, until } from '@ack-secret-manager/testenv'
import { NAMESPACES } from './churn.ts'
import { pageOf, workRequestsOf } from './soak-stats.ts'
import { namespaceOf, SHARED } from './soak-objects.ts'

/** What {@link waitUntilIdle} waits for. */
export interface IdleCheck {
  readonly request: ApiRequest
  readonly operator: OperatorProcess
  /** Revision of each secret at KMS, by index. */
  readonly revisions: readonly number[]
  /** Prints remaining problems. */
  readonly report: (text: string) => void
}

interface ListedResource {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly generation: number }
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly observedGeneration?: number
    }[]
  }
}

interface ListedSecret {
  readonly metadata: { readonly namespace: string; readonly name: string }
  readonly data?: Readonly<Record<string, string>>
}

/** The backoff after repeated failures is up to five minutes. */
const DEADLINE_MS = 600_000
const POLL_MS = 2_000
const LIST_DEADLINE_MS = 30_000
const MAX_REPORTED = 3

/**
 * Waits until every resource of the soak is Ready, its Secret has the value of KMS, no other object is left, and the operator sends no
 * requests. @throws Error naming what does not become idle
 */
export async function waitUntilIdle(idleCheck: IdleCheck): Promise<void> {
  let text = ''
  const isIdle = async (): Promise<boolean> => {
    const wrong = await openProblems(idleCheck)
    const more = wrong.length - MAX_REPORTED
    text = `${wrong.slice(0, MAX_REPORTED).join('; ')}${more > 0 ? `; and ${more} more` : ''}`
    if (wrong.length > 0) idleCheck.report(text)
    return wrong.length === 0
  }
  await until(() => `idle, but ${text}`, isIdle, { deadlineMs: DEADLINE_MS, pauseMs: POLL_MS })
}

async function openProblems({ request, operator, revisions }: IdleCheck): Promise<string[]> {
  const page = await pageOf(operator)
  const [resources, secrets] = await Promise.all([
    itemsOf<ListedResource>(request, '/apis/alibabacloud.com/v1alpha1/externalsecrets'),
    itemsOf<ListedSecret>(request, '/api/v1/secrets?labelSelector=alibabacloud.com/managed-by=ack-secret-manager'),
  ])
  const wrong = [...notReady(resources, revisions.length), ...notCurrent(secrets, revisions)]
  if (wrong.length > 0) return wrong
  if (metricValue(page, 'acksm_queue_depth') > 0) return ['the queue is not empty']
  await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  return workRequestsOf(await pageOf(operator)) === workRequestsOf(page) ? [] : ['the operator is still at work']
}

function notReady(resources: readonly ListedResource[], count: number): string[] {
  const wanted = count + NAMESPACES
  if (resources.length !== wanted) return [`${resources.length} ExternalSecrets instead of ${wanted}`]
  return resources.flatMap(({ metadata: { namespace, name, generation }, status }) => {
    const ready = status?.conditions?.find(({ type }) => type === 'Ready')
    return ready?.status === 'True' && ready.observedGeneration === generation ? [] : [`${namespace}/${name} not Ready`]
  })
}

function notCurrent(secrets: readonly ListedSecret[], revisions: readonly number[]): string[] {
  const found = new Map(secrets.map(({ metadata: { namespace, name }, data = {} }) => [`${namespace}/${name}`, data]))
  const wanted = (index: number): string => `-revision-${revisions[index]}-of-${nameOf(index)}`
  const holds = (key: string, text: string): string[] => {
    const values = Object.values(found.get(key) ?? {}).map((value) => Buffer.from(value, 'base64').toString())
    return values.some((value) => value.includes(text)) ? [] : [`${key} without its value`]
  }
  return [
    ...(secrets.length === revisions.length + NAMESPACES ? [] : [`${secrets.length} Secrets`]),
    ...revisions.flatMap((_, index) => holds(`${namespaceOf(index)}/${nameOf(index)}`, wanted(index))),
    ...Array.from({ length: NAMESPACES }, (_, index) => holds(`${namespaceOf(index)}/${SHARED}`, wanted(0))).flat(),
  ]
}

async function itemsOf<T>(request: ApiRequest, path: string): Promise<readonly T[]> {
  const { status, body } = await request<{ items?: readonly T[] }>('GET', path, undefined, {
    deadlineMs: LIST_DEADLINE_MS,
  })
  if (body.items === undefined) throw new Error(`${path}: HTTP ${status}`)
  return body.items
}
