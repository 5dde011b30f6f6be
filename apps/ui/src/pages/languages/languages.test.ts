import { describe, expect, it } from 'vitest'
import { LANGUAGES } from './languages.ts'

/** Names of products, kinds and keys are the same in each language. */
const SAME =
  /^(?:acksm|KMS|API Server|Secret|(?:Cluster)?SecretStore|(?:Cluster)?ExternalSecret|PushSecret|StatefulSet|DaemonSet|CronJob|Event|(?:Operator：)?(?:Deployment|Pod|Lease|ClusterRoleBinding)|Operator|[^a-z]+)$/

/** Texts by path; a function is called with numbers, or with texts where it joins them. */
function texts(value: unknown, path: string): ReadonlyArray<readonly [string, string]> {
  if (typeof value === 'string') return [[path, value]]
  if (typeof value === 'function') return [[path, String((value as (...values: unknown[]) => unknown)(3, 7, 9))]]
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, part]) => texts(part, `${path}.${key}`))
  throw new Error(`${path} is not a text`)
}

describe('languages', () => {
  const en = new Map(texts(LANGUAGES.en, ''))
  const zh = new Map(texts(LANGUAGES.zh, ''))

  it('have the same keys, and no empty text', () => {
    expect([...zh.keys()].sort()).toEqual([...en.keys()].sort())
    expect([...en, ...zh].filter(([, text]) => text.trim() === '')).toEqual([])
    expect(en.size).toBeGreaterThan(250)
  })

  it('differ: Chinese texts are Chinese', () => {
    const untranslated = [...zh].filter(
      ([path, text]) =>
        !/\p{Script=Han}/u.test(text) && !SAME.test(text) && !/^\.(?:locale|otherLanguage|shortcuts\.keys)/.test(path),
    )
    expect(untranslated).toEqual([])
  })

  it('use each number that they are given', () => {
    const counted = (messages: (typeof LANGUAGES)['en']) => [
      messages.overview.notReady(1, { total: 1_000, suspended: 0 }),
      messages.cause.count(12, 3_456),
      messages.operator.ready(1, 2),
    ]
    expect(counted(LANGUAGES.en)).toEqual([
      '1 of 1,000 resources is not Ready',
      '12 of 3,456 resources',
      '1 of 2 ready',
    ])
    expect(counted(LANGUAGES.zh)).toEqual(['1,000 个资源中有 1 个未就绪', '3,456 个资源中的 12 个', '1/2 就绪'])
  })
})
