import type { ChangeStep } from '@ack-secret-manager/kms-management'
import { nameText } from '@ack-secret-manager/core'

type Tags = Readonly<Record<string, string>>

/** Steps of a change of tags in one sentence each: what happens, and what has happened. Pure. @param tags before the change */
export function tagText(
  steps: readonly ChangeStep[],
  tags: Tags = {},
): { readonly before: string; readonly after: string } {
  const texts = steps.flatMap((step) => textsOf(step, tags))
  return {
    before: texts.map(([before]) => before).join(', '),
    after: texts.map(([, after]) => after).join(', '),
  }
}

function textsOf(step: ChangeStep, tags: Tags): readonly (readonly [before: string, after: string])[] {
  switch (step.action) {
    case 'UntagResource':
      return step.keys.map((key) => [`tag ${tag(key, tags)} is removed`, `tag ${nameText(key)} removed`])
    case 'TagResource':
      return Object.entries(step.tags).map(([key, value]) => {
        const set = nameText(`${key}=${value}`)
        if (!Object.hasOwn(tags, key)) return [`tag ${set} is added`, `tag ${set} added`]
        return [`tag ${tag(key, tags)} becomes ${set}`, `tag ${set} changed`]
      })
    case 'UpdateSecret':
      return [[`the description becomes ${JSON.stringify(step.description)}`, 'description changed']]
    default:
      throw new TypeError(`${step.action} changes no tags`)
  }
}

function tag(key: string, tags: Tags): string {
  return nameText(`${key}=${tags[key] ?? ''}`)
}
