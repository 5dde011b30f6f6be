import {
  defined,
  isLine,
  type ListedSecret,
  type SecretPage,
  SecretSyncError,
  TEXT_LIMITS,
} from '@ack-secret-manager/core'

type Fields = Readonly<Record<string, unknown>>

/**
 * A page of ListSecretParameters. Alibaba Cloud OOS API reference, ListSecretParameters.
 * @param what names the call, for errors
 * @throws SecretSyncError `InvalidResponse` naming the missing or malformed field
 */
export function parameterPageOf(body: Fields, withTags: boolean, what: string): SecretPage {
  const { Parameters: parameters, NextToken: token } = body
  if (!Array.isArray(parameters)) throw malformed(what, 'Parameters', 'a list')
  if (token !== undefined && token !== null && typeof token !== 'string') throw malformed(what, 'NextToken', 'a text')
  const items = parameters.map((parameter: unknown) => listed(parameter, withTags, what))
  return { items, ...defined({ next: token || undefined }) }
}

function listed(parameter: unknown, withTags: boolean, what: string): ListedSecret {
  const { Name: name, Tags: tags } = isObject(parameter) ? parameter : {}
  if (!isLine(name, TEXT_LIMITS.secretName)) throw malformed(what, 'Name', 'one short line of text')
  return { name, ...(withTags ? { tags: tagsOf(tags ?? {}, what) } : {}) }
}

function tagsOf(tags: unknown, what: string): Readonly<Record<string, string>> {
  if (!isObject(tags)) throw malformed(what, 'Tags', 'an object')
  const entries = Object.entries(tags)
  if (!entries.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
    throw malformed(what, 'Tags', 'an object of texts')
  }
  return Object.fromEntries(entries)
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(what: string, field: string, expected: string): SecretSyncError {
  return new SecretSyncError('InvalidResponse', `${what}: ${field} in the response is not ${expected}`)
}
