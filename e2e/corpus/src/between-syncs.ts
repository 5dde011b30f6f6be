import { type SimulatorClient, until } from '@ack-secret-manager/testenv'
import type { CorpusCase } from './corpus.ts'
import { externalSecretOf } from './manifest.ts'
import type { OperatorNamespace } from './operator-runner.ts'

const HEALTHY = 5

/** Ordinary resources that must stay up to date while others are hostile. */
export const HEALTHY_CASES: readonly CorpusCase[] = Array.from({ length: HEALTHY }, (_, index) => ({
  id: `healthy-${index + 1}`,
  topic: 'healthy',
  rule: 'follows its secret while others are hostile',
  spec: everySecond({ dataProcess: [{ extract: { key: `healthy/${index + 1}` } }] }),
  secrets: [{ name: `healthy/${index + 1}`, versions: [{ id: 'v1', data: '{"round":0}' }] }],
  objects: [],
  expected: { kind: 'secret', type: 'Opaque', data: { round: base64('0') } },
}))

/** The case with a polling interval of one second. */
export function polledEverySecond(one: CorpusCase): CorpusCase {
  return { ...one, spec: everySecond(one.spec) }
}

function everySecond(spec: CorpusCase['spec']): CorpusCase['spec'] {
  return { rotationInterval: '1s', ...spec }
}

/** Twice as many as the operator has workers. */
export const LOOPING = 32

const resourcesIn = (namespace: string): string =>
  `/apis/alibabacloud.com/v1alpha1/namespaces/${namespace}/externalsecrets`

const loopingIn = (round: number): string => `looping-${round}-`

/** Creates resources of a round with templates that never end. Every template is different, so no result is cached. */
export async function startLooping({ request, namespace }: OperatorNamespace, round: number): Promise<void> {
  const where = resourcesIn(namespace)
  for (let n = 1; n <= LOOPING; n += 1) {
    const id = `${loopingIn(round)}${n}`
    const template = { data: { never: `{{ range 1000000000000 }}{{ end }}${id}` } }
    const spec = { data: [{ key: 'healthy/1', name: 'round' }], target: { template } }
    const { status, body } = await request('POST', where, externalSecretOf({ id, spec }))
    if (status !== 201) throw new Error(`${id}: HTTP ${status} ${JSON.stringify(body)}`)
  }
}

/** Number of the resources of a round that were processed. */
export async function loopsGivenUp({ request, namespace }: OperatorNamespace, round: number): Promise<number> {
  interface Listed {
    readonly metadata: { readonly name: string }
    readonly status?: object
  }
  const { body } = await request<{ items: readonly Listed[] }>('GET', resourcesIn(namespace))
  return body.items.filter(({ metadata, status }) => metadata.name.startsWith(loopingIn(round)) && status).length
}

/** Adds a version with the same content to every secret of the hostile cases, and a new value to the healthy ones. */
export async function rotate(
  hostile: readonly CorpusCase[],
  { control }: SimulatorClient,
  round: number,
): Promise<void> {
  const put = (name: string, body: object): Promise<unknown> => control('PUT', `/secrets/${name}`, body)
  const versionId = `round-${round}`
  for (const { name, versions } of hostile.flatMap(({ secrets }) => secrets)) {
    await put(name, { versionId, dataBase64: versions[0]?.dataBase64 ?? '' })
  }
  for (const { name } of HEALTHY_CASES.flatMap(({ secrets }) => secrets)) {
    await put(name, { versionId, data: JSON.stringify({ round }) })
  }
}

/** Waits until all healthy Secrets have the value of a round. */
export async function untilFollowed(cluster: OperatorNamespace, round: number, deadlineMs: number): Promise<void> {
  const wanted = base64(String(round))
  await until(
    `all healthy Secrets hold round ${round}`,
    async () => {
      const read = HEALTHY_CASES.map(async ({ id }) => {
        const where = `/api/v1/namespaces/${cluster.namespace}/secrets/${id}`
        const { body } = await cluster.request<{ data?: Record<string, string> }>('GET', where)
        return body.data?.['round'] === wanted
      })
      return (await Promise.all(read)).every(Boolean)
    },
    { deadlineMs, pauseMs: 100 },
  )
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
