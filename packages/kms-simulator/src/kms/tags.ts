import { ApiError, invalidParameter } from '../gateway/api-error.ts'
import { type Params, jsonList } from './params.ts'
import { LIMITS, type Secret } from './secret.ts'

type Tag = Secret['tags'][number]

/** Keys that Alibaba Cloud keeps for itself. */
const RESERVED = /^(?:aliyun|acs:)/

function parseTag(item: unknown): Tag | undefined {
  if (typeof item !== 'object' || item === null || !('TagKey' in item) || !('TagValue' in item)) return undefined
  const { TagKey, TagValue } = item
  return typeof TagKey === 'string' && typeof TagValue === 'string' ? { TagKey, TagValue } : undefined
}

/** The parameter `Tags` of a call; undefined if it has none. @throws ApiError `InvalidParameter` */
export function tagsOf(params: Params): Tag[] | undefined {
  const tags = jsonList(params, 'Tags', parseTag)
  for (const { TagKey, TagValue } of tags ?? []) {
    if (
      TagKey === '' ||
      TagKey.length > LIMITS.tagLength ||
      TagValue.length > LIMITS.tagLength ||
      RESERVED.test(TagKey)
    ) {
      throw invalidParameter('Tags', 'a key or value is too long, empty or reserved')
    }
  }
  return tags
}

/** Adds tags to those of a secret, and replaces the values of keys that it has. @throws ApiError `Rejected.LimitExceeded` */
export function withTags(secret: Secret, added: readonly Tag[]): Secret {
  const tags = new Map([...secret.tags, ...added].map((tag) => [tag.TagKey, tag]))
  if (tags.size > LIMITS.tags) {
    throw new ApiError(400, 'Rejected.LimitExceeded', `A secret has at most ${LIMITS.tags} tags.`)
  }
  return { ...secret, tags: [...tags.values()] }
}
