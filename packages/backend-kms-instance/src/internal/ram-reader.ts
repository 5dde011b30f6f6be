import type { OpenApiClient } from '@ack-secret-manager/alicloud-openapi'
import type { CredentialProvider, SecretRef } from '@ack-secret-manager/core'
import type { SecretReader } from './client-key-reader.ts'
import { ramErrors } from './kms-errors.ts'
import { malformed, type SecretAnswer } from './secret-answer.ts'

/** Reads by the ordinary API of KMS, which the gateway of an instance serves as well, as a RAM identity. */
export function ramReader(provider: CredentialProvider, client: OpenApiClient): SecretReader {
  const errors = ramErrors(provider.identity.description)
  return {
    async ask(ref, { what, signal }) {
      const params = paramsOf(ref)
      const { body } = await client.call({
        action: 'GetSecretValue',
        version: '2016-01-20',
        as: provider,
        params,
        what,
        errors,
        signal,
      })
      return answerOf(body, what)
    },
    close: () => client.close(),
  }
}

function paramsOf({ name, versionId, versionStage }: SecretRef): Record<string, string> {
  if (versionId !== undefined) return { SecretName: name, VersionId: versionId }
  return { SecretName: name, VersionStage: versionStage ?? 'ACSCurrent' }
}

const FIELDS = {
  SecretName: 'secretName',
  SecretType: 'secretType',
  SecretData: 'secretData',
  SecretDataType: 'secretDataType',
  VersionId: 'versionId',
  RequestId: 'requestId',
  AutomaticRotation: 'automaticRotation',
  RotationInterval: 'rotationInterval',
  LastRotationDate: 'lastRotationDate',
  NextRotationDate: 'nextRotationDate',
} as const satisfies Readonly<Record<string, keyof SecretAnswer>>

/** Alibaba Cloud KMS API reference, GetSecretValue. `null` and absent are the same to KMS. */
function answerOf(body: Readonly<Record<string, unknown>>, what: string): SecretAnswer {
  const answer: { -readonly [Name in Exclude<keyof SecretAnswer, 'versionStages'>]?: string } = {}
  for (const [field, name] of Object.entries(FIELDS)) {
    const value = Object.hasOwn(body, field) ? body[field] : undefined
    if (value === undefined || value === null) continue
    if (typeof value !== 'string') throw malformed(what, field, 'a text')
    answer[name] = value
  }
  return { ...answer, versionStages: stagesOf(body['VersionStages'], what) }
}

function stagesOf(value: unknown, what: string): readonly string[] {
  if (value === undefined || value === null) return []
  const list = typeof value === 'object' && 'VersionStage' in value ? value.VersionStage : undefined
  if (!Array.isArray(list) || !list.every((stage) => typeof stage === 'string')) {
    throw malformed(what, 'VersionStages.VersionStage', 'a list of texts')
  }
  return list
}
