import { missingParameter } from '../../gateway/api-error.ts'
import type { ApiCall, ApiResult } from '../../gateway/api-product.ts'
import { type KmsState, secretNameOf, secretResource } from '../kms-state.ts'
import { jsonList } from '../params.ts'
import { tagsOf, withTags } from '../tags.ts'

/** TagResource, for secrets. */
export function tagResource(state: KmsState, call: ApiCall): ApiResult {
  const name = secretNameOf(state, call.params)
  call.authorize('kms:TagResource', secretResource(state, name))
  const tags = tagsOf(call.params)
  if (tags === undefined) throw missingParameter('Tags')
  state.vault.set(withTags(state.vault.getUsable(name, call.nowMs), tags))
  return {}
}

/** UntagResource, for secrets. Keys that the secret does not have are no error. */
export function untagResource(state: KmsState, call: ApiCall): ApiResult {
  const name = secretNameOf(state, call.params)
  call.authorize('kms:UntagResource', secretResource(state, name))
  const keys = jsonList(call.params, 'TagKeys', (item) => (typeof item === 'string' ? item : undefined))
  if (keys === undefined) throw missingParameter('TagKeys')
  const secret = state.vault.getUsable(name, call.nowMs)
  state.vault.set({ ...secret, tags: secret.tags.filter(({ TagKey }) => !keys.includes(TagKey)) })
  return {}
}
