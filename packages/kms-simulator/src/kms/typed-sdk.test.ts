import kms, {
  CreateSecretRequest,
  DeleteSecretRequest,
  DescribeSecretRequest,
  GetSecretValueRequest,
  ListSecretsRequest,
  ListSecretVersionIdsRequest,
  PutSecretValueRequest,
  RestoreSecretRequest,
  TagResourceRequest,
  UntagResourceRequest,
  UpdateSecretRequest,
  UpdateSecretVersionStageRequest,
} from '@alicloud/kms20160120'
import { Config } from '@alicloud/rpc-client'
import { useFixture, useTrusted } from '@ack-secret-manager/test-support/use-fixture'
import { beforeAll, describe, expect, it } from 'vitest'
import { ADMIN, SEED } from '../testing/seed.ts'
import { startTestSimulator } from '../testing/start-test-simulator.ts'

/** Node imports the exports of the SDK as its default, loaders with interop import the class. */
const KmsClient: typeof kms.default = 'default' in kms ? kms.default : kms

let client: InstanceType<typeof KmsClient>
const simulator = useFixture(() => startTestSimulator({ seed: SEED }))
useTrusted(() => simulator.caPem)
beforeAll(() => {
  const endpoint = new URL(simulator.kms).host
  client = new KmsClient(new Config({ endpoint, accessKeyId: ADMIN.id, accessKeySecret: ADMIN.secret }))
})

/** The SDK throws if a field of a response has another type than its models. */
describe('typed requests of @alicloud/kms20160120, unmodified', () => {
  const secretName = 'typed/db'

  it('create, describe and list', async () => {
    const tags = '[{"TagKey":"team","TagValue":"a"}]'
    const request = {
      secretName,
      versionId: 'v1',
      secretData: "p=1&q=%20 +/'!~ 中",
      secretDataType: 'text',
      description: 'd',
      tags,
    }
    const created = await client.createSecret(new CreateSecretRequest(request))
    expect(created).toMatchObject({
      arn: `acs:kms:${SEED.region}:${SEED.account}:secret/${secretName}`,
      versionId: 'v1',
    })
    const described = await client.describeSecret(new DescribeSecretRequest({ secretName, fetchTags: 'true' }))
    expect(described).toMatchObject({ secretName, description: 'd', createTime: expect.stringMatching(/Z$/) })
    const listed = await client.listSecrets(new ListSecretsRequest({ fetchTags: 'true', pageNumber: 1, pageSize: 100 }))
    expect(listed).toMatchObject({ pageNumber: 1, pageSize: 100, totalCount: SEED.secrets.length + 1 })
    const { secretData } = await client.getSecretValue(new GetSecretValueRequest({ secretName }))
    expect(secretData).toBe(request.secretData)
  })

  it('put, list versions and move stages', async () => {
    const put = { secretName, versionId: 'v2', secretData: 'two', versionStages: '["ACSCurrent","blue"]' }
    expect(await client.putSecretValue(new PutSecretValueRequest(put))).toMatchObject({ secretName, versionId: 'v2' })
    const list = new ListSecretVersionIdsRequest({ secretName, includeDeprecated: 'true' })
    expect(await client.listSecretVersionIds(list)).toMatchObject({ totalCount: 2, pageNumber: 1, pageSize: 20 })
    const move = { secretName, versionStage: 'ACSCurrent', moveToVersion: 'v1' }
    await client.updateSecretVersionStage(new UpdateSecretVersionStageRequest(move))
    expect(await client.getSecretValue(new GetSecretValueRequest({ secretName }))).toMatchObject({ versionId: 'v1' })
    const blue = new GetSecretValueRequest({ secretName, versionStage: 'blue' })
    expect(await client.getSecretValue(blue)).toMatchObject({ versionId: 'v2' })
  })

  it('tag, untag and update', async () => {
    await client.tagResource(new TagResourceRequest({ secretName, tags: '[{"TagKey":"env","TagValue":"x"}]' }))
    await client.untagResource(new UntagResourceRequest({ secretName, tagKeys: '["team"]' }))
    await client.updateSecret(new UpdateSecretRequest({ secretName, description: 'changed' }))
    expect(await client.describeSecret(new DescribeSecretRequest({ secretName, fetchTags: 'true' }))).toMatchObject({
      description: 'changed',
      tags: { tag: [{ tagKey: 'env', tagValue: 'x' }] },
    })
  })

  it('delete and restore', async () => {
    const deleted = await client.deleteSecret(new DeleteSecretRequest({ secretName, recoveryWindowInDays: '7' }))
    expect(Math.round((Date.parse(deleted.plannedDeleteTime) - Date.now()) / 86_400_000)).toBe(7)
    await expect(client.getSecretValue(new GetSecretValueRequest({ secretName }))).rejects.toMatchObject({
      code: 'Rejected.ResourceInDeleteWindowError',
    })
    expect(await client.restoreSecret(new RestoreSecretRequest({ secretName }))).toMatchObject({ secretName })
    expect(await client.getSecretValue(new GetSecretValueRequest({ secretName }))).toMatchObject({ versionId: 'v1' })
  })
})
