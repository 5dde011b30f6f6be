import {
  type CredentialProvider,
  isLine,
  type ListedSecret,
  type ListOptions,
  type SecretPage,
  SecretSyncError,
  TEXT_LIMITS,
} from '@ack-secret-manager/core'
import { withRequester } from '../error-classification.ts'
import type { OpenApiClient } from '../open-api-client.ts'
import { KMS_ERRORS } from './kms-errors.ts'

/** Secrets of a page: as many as KMS allows; half with tags, of which a secret has up to 20. */
const PAGE_SIZE = 100
const TAGGED_PAGE_SIZE = 50

/**
 * One page of ListSecrets, without a filter: how KMS matches names is not documented, and a filter by tags is cut at 4,000 results. Alibaba
 * Cloud KMS API reference, ListSecrets. The KMS endpoint serves it, the gateway of an instance does not.
 * @throws SecretSyncError as {@link OpenApiClient.call}; `InvalidResponse`
 */
export async function listSecretsPage(
  client: OpenApiClient,
  as: CredentialProvider,
  { cursor = '1', withTags, signal }: ListOptions,
): Promise<SecretPage> {
  const what = 'listing KMS secrets'
  const pageSize = withTags ? TAGGED_PAGE_SIZE : PAGE_SIZE
  const { body } = await client.call({
    action: 'ListSecrets',
    version: '2016-01-20',
    as,
    retryRefused: true,
    params: { PageNumber: cursor, PageSize: pageSize, FetchTags: withTags },
    what,
    errors: KMS_ERRORS,
    explain: withRequester(as.identity.description, 'call kms:ListSecrets on secret'),
    signal,
  })
  const where = `${what} at ${client.endpoint}`
  const { TotalCount: total } = body
  if (!Number.isSafeInteger(total)) throw malformed(where, 'TotalCount', 'a whole number')
  const list = fieldOf(body['SecretList'], 'Secret') ?? []
  if (!Array.isArray(list)) throw malformed(where, 'SecretList.Secret', 'a list')
  const items = list.map((entry: unknown) => secretOf(entry, withTags, where))
  // The last page has no mark but its length.
  const isLast = items.length < pageSize
  return { items, total: total as number, ...(isLast ? {} : { next: String(Number(cursor) + 1) }) }
}

function secretOf(entry: unknown, withTags: boolean, where: string): ListedSecret {
  const name = fieldOf(entry, 'SecretName')
  if (!isLine(name, TEXT_LIMITS.secretName)) throw malformed(where, 'SecretName', 'one short line of text')
  const deletion = fieldOf(entry, 'PlannedDeleteTime') ?? ''
  return {
    name,
    ...(withTags ? { tags: tagsOf(fieldOf(entry, 'Tags'), where) } : {}),
    ...(deletion === '' ? {} : { isDeleted: true }),
  }
}

function tagsOf(value: unknown, where: string): Readonly<Record<string, string>> {
  const list = fieldOf(value, 'Tag') ?? []
  if (!Array.isArray(list)) throw malformed(where, 'Tags.Tag', 'a list')
  return Object.fromEntries(
    list.map((tag: unknown): [string, string] => {
      const [key, text] = [fieldOf(tag, 'TagKey'), fieldOf(tag, 'TagValue') ?? '']
      if (typeof key !== 'string' || typeof text !== 'string') throw malformed(where, 'Tags.Tag', 'a list of texts')
      return [key, text]
    }),
  )
}

function fieldOf(value: unknown, field: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) return undefined
  return Reflect.get(value, field) ?? undefined
}

function malformed(where: string, field: string, expected: string): SecretSyncError {
  return new SecretSyncError('InvalidResponse', `${where}: ${field} in the response is not ${expected}`)
}
