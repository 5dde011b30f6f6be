import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startSimulator } from '@ack-secret-manager/kms-simulator'
import { directoryOfTest } from '@ack-secret-manager/test-support/directories'
import { readmeExample } from '@ack-secret-manager/test-support/readme-example'
import { expect, it } from 'vitest'
import { newIssuer } from './testing/issuer.ts'

const example = readmeExample(import.meta.url)

it('the example of the README runs unchanged', async () => {
  const { issuer, jwks, token } = newIssuer('https://oidc.example/c1')
  const [subject, audience] = ['system:serviceaccount:prod:app', 'sts.aliyuncs.com']
  await using simulator = await startSimulator({
    seed: {
      account: '1234567890123456',
      roles: [{ name: 'kms-reader', trust: { oidc: { issuer, audience, subject } } }],
      oidcProviders: [{ arn: 'acs:ram::1234567890123456:oidc-provider/ack-rrsa-c1', issuer, jwks }],
    },
  })
  const directory = await directoryOfTest()
  const path = join(directory, 'token')
  await writeFile(path, token({ sub: subject, aud: [audience], exp: Math.floor(Date.now() / 1_000) + 600 }))
  const stdout = await example.run({
    NODE_EXTRA_CA_CERTS: simulator.caFile,
    STS_ENDPOINT: new URL(simulator.sts ?? '').host,
    ALIBABA_CLOUD_OIDC_TOKEN_FILE: path,
  })
  expect(stdout).toBe('1234567890123456 [sensitive]\n')
})
