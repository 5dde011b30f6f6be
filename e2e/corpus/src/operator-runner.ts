import type { ApiRequest } from '@ack-secret-manager/control-plane'
import { apply, type Manifest, until } from '@ack-secret-manager/testenv'
import type { CorpusCase } from './corpus.ts'
import { externalSecretOf, targetOf } from './manifest.ts'
import type { Outcome } from './outcome.ts'

/** Addresses that the operator uses. */
export interface OperatorNamespace {
  readonly namespace: string
  readonly request: ApiRequest
}

interface Listed {
  readonly metadata: { readonly name: string }
  readonly status?: {
    readonly conditions?: ReadonlyArray<{ readonly status: string; readonly reason: string; readonly message: string }>
  }
  readonly type?: string
  readonly data?: Readonly<Record<string, string>>
}

const AT_ONCE = 8

/** Creates the cases on the API server, and returns the results of the operator that runs there. */
export async function runOperator(
  cases: readonly CorpusCase[],
  cluster: OperatorNamespace,
  deadlineMs: number,
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>()
  const waiting = [...cases]
  const workers = Array.from({ length: AT_ONCE }, async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const refusal = await create(one, cluster)
      if (refusal !== undefined) outcomes.set(one.id, { kind: 'invalid', message: refusal })
    }
  })
  await Promise.all(workers)
  const admitted = cases.filter(({ id }) => !outcomes.has(id))
  let undecided: readonly string[] = []
  const resources = await until(
    'every ExternalSecret has a Ready condition',
    async () => {
      const found = await listed(
        cluster,
        `/apis/alibabacloud.com/v1alpha1/namespaces/${cluster.namespace}/externalsecrets`,
      )
      undecided = admitted.map(({ id }) => id).filter((id) => !isDecided(found.get(id)))
      return undecided.length === 0 && found
    },
    { deadlineMs, pauseMs: 1_000 },
  ).catch((error: unknown) => {
    throw new Error(`undecided are ${undecided.slice(0, 20).join(', ')}`, { cause: error })
  })
  const secrets = await listed(cluster, `/api/v1/namespaces/${cluster.namespace}/secrets`)
  for (const one of admitted) outcomes.set(one.id, outcomeOf(one, resources.get(one.id), secrets.get(targetOf(one))))
  return outcomes
}

/** @returns the error of the API server, or undefined if the object was created */
async function create(one: CorpusCase, { request, namespace }: OperatorNamespace): Promise<string | undefined> {
  for (const object of one.objects) await apply(request, object as unknown as Manifest, namespace)
  // Like kubectl: unknown fields are an error and are not dropped.
  const where = `/apis/alibabacloud.com/v1alpha1/namespaces/${namespace}/externalsecrets?fieldValidation=Strict`
  const { status, body } = await request<{ message?: string }>('POST', where, externalSecretOf(one))
  if (status === 201) return undefined
  if (status !== 400 && status !== 422) throw new Error(`${one.id}: HTTP ${status} ${JSON.stringify(body)}`)
  return body.message ?? ''
}

async function listed({ request }: OperatorNamespace, path: string): Promise<ReadonlyMap<string, Listed>> {
  const { status, body } = await request<{ items: readonly Listed[] }>('GET', path)
  if (status !== 200) throw new Error(`${path}: HTTP ${status}`)
  return new Map(body.items.map((item) => [item.metadata.name, item]))
}

/** Whether the result is final. A render timeout on a busy machine is retried. */
function isDecided(resource: Listed | undefined): boolean {
  const [ready] = resource?.status?.conditions ?? []
  return ready !== undefined && ready.reason !== 'InternalError'
}

function outcomeOf({ id, expected }: CorpusCase, resource: Listed | undefined, secret: Listed | undefined): Outcome {
  const [ready] = resource?.status?.conditions ?? []
  const { reason = '', message = '' } = ready ?? {}
  if (ready?.status === 'True' && secret !== undefined) {
    return { kind: 'secret', type: secret.type ?? '', data: secret.data ?? {} }
  }
  if (secret !== undefined) throw new Error(`${id} is ${reason}, but there is a Secret`)
  const isInvalid = reason === 'InvalidSpec' && expected.kind === 'invalid' && expected.admitted
  return isInvalid ? { kind: 'invalid', message } : { kind: 'refused', reason, message }
}
