import { issueServerCertificate } from '@ack-secret-manager/kms-simulator'
import { json, startTestServer } from '@ack-secret-manager/test-support/test-server'
import { staticProvider } from '@ack-secret-manager/testkit'
import { expect, it } from 'vitest'
import { oosBackend } from './oos-backend.ts'

const signal = new AbortController().signal

it('rejects a list with a name that no status can have', async () => {
  const { keyPem: key, chainPem: cert, rootPem: ca } = await issueServerCertificate(['127.0.0.1'])
  const names = ['x'.repeat(513), 'a\u001B[2J', 'a\uD800']
  const pages = names.map((Name) => ({ Parameters: [{ Name }] }))
  await using server = await startTestServer((...args) => json(200, pages.shift())(...args), { key, cert })
  const hostile = oosBackend({ endpoint: server.endpoint, ca, provider: staticProvider('LTAI5tDemo', 'secret') })
  for (const _ of names) {
    await expect(hostile.list?.({ withTags: false, signal })).rejects.toMatchObject({
      code: 'InvalidResponse',
      message: expect.stringMatching(/: Name in the response is not one short line of text$/),
    })
  }
  await hostile.close()
})
