import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { NamespaceObjects, TestEnvironment, textsOf } from '@ack-secret-manager/testenv'
import { expect, it } from 'vitest'

const TEXT = 'of the tenant'

describeCluster('a tenant with large ConfigMaps of templates', { timeout: 240_000 }, () => {
  const victim = useCluster()
  const hostile = useCluster()

  it('is refused what is too large, and delays no Secret of another namespace', async () => {
    await using env = await TestEnvironment.start({ controlPlane: victim, seed: { secrets: { db: 'one' } } })
    const tenant = new NamespaceObjects(hostile)
    // The API server writes "<" as six bytes.
    const configMap = (name: string, size: number): Promise<void> => {
      const data = { t: TEXT, other: '<'.repeat(size) }
      return tenant.applyObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data })
    }
    const large = Array.from({ length: 8 }, (_, index) => `large-${index}`)
    for (const name of large) await configMap(name, 600_000)
    await configMap('too-large', 1_000_000)
    const externalSecret = async (name: string, configMaps: readonly string[]): Promise<void> => {
      const templateFrom = configMaps.map((each) => ({ configMap: { name: each, items: [{ key: 't' }] } }))
      const generate = [{ name: 'password', password: {} }]
      await tenant.apply('ExternalSecret', name, { generate, target: { template: { templateFrom } } })
    }
    const holdsText = async (name: string): Promise<void> => {
      await tenant.untilReason('externalsecrets', name, 'Synced')
      expect(textsOf((await tenant.secret(name)) ?? {})).toMatchObject({ t: TEXT })
    }
    const users = Array.from({ length: 8 }, (_, index) => `user-${index}`)
    for (const name of users) await externalSecret(name, large)
    await externalSecret('refused', ['too-large'])

    const operator = await env.replica({ namespaces: [victim.namespace, hostile.namespace] })
    await operator.leading()
    await env.externalSecret('web', { password: 'db' })
    await env.untilSecret('web', { password: 'one' })
    const { message } = await tenant.untilReason('externalsecrets', 'refused', 'TemplateError')
    expect(message).toContain(`ConfigMap ${hostile.namespace}/too-large is larger than 4194304 bytes as JSON`)
    for (const name of users) await holdsText(name)
    expect(await tenant.secret('refused')).toBeUndefined()
    await configMap('too-large', 1)
    await holdsText('refused')
  })
})
