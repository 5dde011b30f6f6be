import type { ControlPlane } from '@ack-secret-manager/control-plane'
import { crds } from '@ack-secret-manager/resources'
import { apply, installCrds, OperatorProcess, readManifests, until } from '@ack-secret-manager/testenv'
import { OPERATOR_USER } from '../cluster-story.ts'
import type { Narrator } from '../narrator.ts'
import { AccessCloud } from './access-cloud.ts'
import { ACCESS_PATHS, type AccessPath } from './access-path.ts'

/** The given paths in a row, each with an operator of its own, and who KMS saw on each. */
export async function tellAccessStory(
  narrator: Narrator,
  plane: ControlPlane,
  names: readonly string[],
): Promise<void> {
  await installCrds(plane.request, crds())
  await using cloud = await AccessCloud.start(plane)
  for (const name of names) {
    const path = ACCESS_PATHS[name]
    if (path) await tellPath(narrator, plane, cloud, name, path)
  }
}

async function tellPath(
  narrator: Narrator,
  plane: ControlPlane,
  cloud: AccessCloud,
  name: string,
  { title, files, resource, action, identity, args = [] }: AccessPath,
): Promise<void> {
  narrator.step(`${name}: ${title}`)
  await using operator = await OperatorProcess.start({
    kubeconfigPath: plane.kubeconfigPathOf(OPERATOR_USER),
    caFile: cloud.simulator.caFile,
    kmsEndpoint: cloud.simulator.endpoint,
    args: ['--polling-interval=5s', ...cloud.args, ...args],
    env: name === 'rrsa' ? await cloud.rrsaEnvironment(plane) : {},
  })
  await operator.leading()
  await cloud.simulator.control('DELETE', '/calls')
  if (name === 'aap') await apply(plane.request, await cloud.clientKeySecret())
  for (const file of files) {
    for (const manifest of await readManifests(file)) await apply(plane.request, await cloud.here(manifest))
  }
  const password = await until(`Secret ${resource} holds the password`, () => read(plane, resource))
  narrator.result(`Secret ${resource}: password=${password}`)
  const seen = await until(`KMS has seen ${identity}`, async () => {
    const { calls } = await cloud.simulator.calls()
    return calls.find((call) => call.action === action && call.result === 'OK' && call.identity.includes(identity))
      ?.identity
  })
  narrator.result(`${action}: KMS saw ${seen}`)
  await operator.stop()
}

async function read(plane: ControlPlane, name: string): Promise<string | undefined> {
  const { status, body } = await plane.request<{ data?: Record<string, string> }>(
    'GET',
    `/api/v1/namespaces/default/secrets/${name}`,
  )
  const value = status === 200 ? body.data?.['password'] : undefined
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString()
}
