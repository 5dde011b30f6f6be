import { type Clock, systemClock } from '@ack-secret-manager/core'
import { expect, it, onTestFinished } from 'vitest'
import { clusterStoreOf, signal, StoreFixture } from './testing/store-fixture.ts'

/** Each client key blocks the event loop for a second or more. */
const blocking = (): Clock => {
  let ms = 0
  return {
    now: () => systemClock.now(),
    monotonic: () => (ms += 1_000),
    setTimeout: (callback, delayMs) => systemClock.setTimeout(callback, delayMs),
  }
}

function clusterStore(name: string, namespace: string): ReturnType<typeof clusterStoreOf> {
  const part = (key: string): object => ({ name, namespace, key })
  const access = { protocol: 'https', endpoint: 'kst-a', clientKeyContent: part('file'), password: part('password') }
  return clusterStoreOf(name, { KMS: { dedicatedKMSAuth: access } })
}

it('client keys of one namespace do not delay those of another one in a ClusterSecretStore', async () => {
  const fixture = new StoreFixture({ clock: blocking() })
  onTestFinished(() => fixture.registry.close())
  const upsert = async (name: string, namespace: string): Promise<string> => {
    fixture.secrets.set(`${namespace}/${name}/file`, `file of ${name}`).set(`${namespace}/${name}/password`, 'x')
    await fixture.registry.upsert(clusterStore(name, namespace), { signal })
    return name
  }
  const others = Array.from({ length: 20 }, (_, index) => upsert(`other-${index}`, 'tenant'))
  const ended: string[] = []
  for (const each of others) void each.then((name) => ended.push(name))
  expect(await upsert('own', 'ops')).toBe('own')
  expect(ended.length).toBeLessThan(others.length)
})
