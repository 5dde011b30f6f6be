import type { ControlPlane } from '@ack-secret-manager/control-plane'
import { apply, readManifests, type TestEnvironment, textsOf, until } from '@ack-secret-manager/testenv'
import type { Narrator } from '../narrator.ts'
import { rrsaIdentity, startAccessEnvironment, withInstance } from './access-environment.ts'
import { ACCESS_PATHS, type AccessPath } from './access-path.ts'

/** Runs the given paths one after the other, each with a separate operator, and prints the identity that KMS saw. */
export async function tellAccessStory(
  narrator: Narrator,
  plane: ControlPlane,
  names: readonly string[],
): Promise<void> {
  await using env = await startAccessEnvironment(plane)
  for (const name of names) {
    const path = ACCESS_PATHS[name]
    if (path) await tellPath(narrator, env, name, path)
  }
}

async function tellPath(
  narrator: Narrator,
  env: TestEnvironment,
  name: string,
  { title, files, resource, action, identity, args = [] }: AccessPath,
): Promise<void> {
  narrator.step(`${name}: ${title}`)
  const operator = await env.replica({
    namespaces: [],
    args: ['--polling-interval=5s', '--log-level=info', ...args],
    env: name === 'rrsa' ? await rrsaIdentity(env) : {},
  })
  await operator.leading()
  await env.simulator.control('DELETE', '/calls')
  if (name === 'aap') {
    const { file, password } = await env.simulator.clientKey('KAAP.demo')
    // With a newline, as the guide creates it with kubectl.
    await env.putSecret('client-key', { file, password: `${password}\n` })
  }
  for (const file of files) {
    for (const manifest of await readManifests(file))
      await apply(env.cluster.request, await withInstance(env, manifest))
  }
  const password = await until(`Secret ${resource} holds the password`, async () => {
    const secret = await env.secret(resource)
    return secret && textsOf(secret)['password']
  })
  narrator.result(`Secret ${resource}: password=${password}`)
  const seen = await until(`KMS has seen ${identity}`, async () => {
    const { calls } = await env.simulator.calls()
    return calls.find((call) => call.action === action && call.result === 'OK' && call.identity.includes(identity))
      ?.identity
  })
  narrator.result(`${action}: KMS saw ${seen}`)
  await operator.stop()
}
