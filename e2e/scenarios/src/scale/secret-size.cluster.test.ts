import { describeCluster, useCluster } from '@ack-secret-manager/control-plane/testing'
import { expect, it } from 'vitest'
import { TestEnvironment } from '@ack-secret-manager/testenv'

const LIMIT = 1_048_576
/** Keys do not count towards the size. */
const KEY = 'k'.repeat(253)

describeCluster('the size of a Secret', { timeout: 240_000 }, () => {
  const cluster = useCluster()

  async function statusOf(bytes: number): Promise<number> {
    const { status } = await cluster.request('POST', `/api/v1/namespaces/${cluster.namespace}/secrets?dryRun=All`, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'tried' },
      data: { p: Buffer.from('x').toString('base64'), [KEY]: Buffer.alloc(bytes - 1, 'x').toString('base64') },
    })
    return status
  }

  it('is limited as in the API server: to 1,048,576 bytes of values', async () => {
    expect([await statusOf(LIMIT), await statusOf(LIMIT + 1)]).toEqual([201, 422])

    await using env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { one: '1', two: '12' } } })
    await env.operator()
    const data = { [KEY]: `{{ repeat ${LIMIT - 1} "x" }}` }
    const target = { template: { mergePolicy: 'Merge', data } }
    await env.externalSecret('full', { p: 'one' }, { target })
    await env.externalSecret('over', { p: 'two' }, { target })
    await env.untilSecret('full', { p: '1', [KEY]: 'x'.repeat(LIMIT - 1) })
    const { message } = await env.untilReason('externalsecrets', 'over', 'TooLarge')
    expect(message).toContain(`${LIMIT + 1} bytes`)
    expect(await env.secret('over')).toBeUndefined()
  })

  it.each([
    ['data', {}, LIMIT],
    ['metadata.annotations', { theirs: 'x'.repeat(262_000) }, 1],
  ])('of another owner: its keys are merged once the owner makes room in %s', async (part, annotations, bytes) => {
    await using env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { one: '1' } } })
    await env.operator()
    const name = `full-${part}`
    const data = { theirs: Buffer.alloc(bytes, 'x').toString('base64') }
    await env.applyObject({ apiVersion: 'v1', kind: 'Secret', metadata: { name, annotations }, data })
    await env.externalSecret(name, { p: 'one' }, { target: { creationPolicy: 'Merge' } })
    const { message } = await env.untilReason('externalsecrets', name, 'TooLarge')
    expect(message).toContain(`${part} is larger than Kubernetes allows`)
    const room = { metadata: { annotations: { theirs: null } }, data: { theirs: btoa('x') } }
    expect((await cluster.request('PATCH', env.secretPath(name), room)).status).toBe(200)
    await env.untilSecret(name, { theirs: 'x', p: '1' })
  })

  it('of templates: the message names the limit and the template', async () => {
    await using env = await TestEnvironment.start({ controlPlane: cluster, seed: { secrets: { one: '1' } } })
    await env.operator()
    const template = { data: { all: `{{ repeat ${LIMIT + 1} "x" }}` } }
    await env.externalSecret('template', { p: 'one' }, { target: { template } })
    const { message } = await env.untilReason('externalsecrets', 'template', 'TemplateError')
    expect(message).toMatch(/^spec\.target\.template\.data\[all\].*: the outputs .* larger than 1048576 bytes$/)
    expect(await env.secret('template')).toBeUndefined()
  })
})
