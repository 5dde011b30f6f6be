import { readmeExample } from '@ack-secret-manager/test-support/readme-example'
import { expect, it } from 'vitest'
import { ADMIN, TestCloud } from './testing/cloud.ts'

const example = readmeExample(import.meta.url)

it('the example of the README runs unchanged', async () => {
  await using cloud = await TestCloud.start()
  const key = { access_key_id: ADMIN.id, access_key_secret: ADMIN.secret }
  await cloud.cliConfig([{ name: 'prod', mode: 'AK', region_id: 'cn-hangzhou', ...key }])
  const stdout = await example.run({
    HOME: cloud.home,
    KMS_ENDPOINT: cloud.kms,
    NODE_EXTRA_CA_CERTS: cloud.simulator.caFile,
  })
  expect(stdout).toBe(
    `profile prod of ~/.aliyun/config.json (AccessKey ${ADMIN.id}), cn-hangzhou\n[sensitive]\napp/db\n`,
  )
})
