import { readmeExample } from '@ack-secret-manager/test-support/readme-example'
import { describe, expect, it } from 'vitest'
import { KEY, startTestKms } from './testing/kms.ts'

const example = readmeExample(import.meta.url)

describe('the example of the README', () => {
  it.each([
    ['runs unchanged', example.code],
    ['ends without close, too', example.code.replace('await using', 'const')],
  ])('%s', async (_rule, source) => {
    await using kms = await startTestKms({
      secrets: [{ name: 'shop/db', versions: [{ id: 'v1', data: '{"user":"tom","password":"x"}' }] }],
    })
    const stdout = await example.run({ ...kms.env, NODE_EXTRA_CA_CERTS: kms.simulator.caFile }, source)
    expect(stdout).toBe(`AccessKey ${KEY.id} has read the password of tom\n`)
  })
})
