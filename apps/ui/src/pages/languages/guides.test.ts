import { REASON_GUIDES } from '@ack-secret-manager/resources'
import { describe, expect, it } from 'vitest'
import { guideView } from '../../model/guide.ts'
import { guideTexts } from './guides.ts'
import { guidesOf } from './reason-page.ts'

describe('guides in Chinese', () => {
  it.each(REASON_GUIDES.map((guide) => [`${guide.kind} ${guide.condition} ${guide.reason}`, guide] as const))(
    '%s: has each text that the English one has',
    (_name, { kind, condition, reason }) => {
      const english = guideView({ kind, condition, reason })
      if (english === undefined) throw new Error('no guide')
      const { lang, ...chinese } = guideTexts(english, 'zh')
      const texts = ['means', 'cure', 'secret', 'retried'] as const
      expect(lang).toBe('zh-CN')
      expect(texts.filter((text) => text in chinese)).toEqual(texts.filter((text) => english[text] !== undefined))
      for (const text of Object.values(chinese)) expect(text).toMatch(/\p{Script=Han}/u)
    },
  )

  it('are those of the English language otherwise, also for a guide of a newer server', () => {
    const guide = { id: 'new', reason: 'New', means: 'It is new.', run: [] }
    expect(guideTexts(guide, 'en')).toMatchObject({ means: 'It is new.', lang: 'en' })
    expect(guideTexts(guide, 'zh')).toMatchObject({ means: 'It is new.', lang: 'en' })
  })
})

it('reads the rows of a page', () => {
  const page = [
    '| Reason | Cause | Fix | The Secret |',
    '|---|---|---|---|',
    String.raw`| <a id="a"></a>\`A\` | One \| two. | See [keys](values.md#keys). | stays |`,
    '| <a id="b"></a>`B` | Fine. | – | |',
    'no row',
  ].join('\n')
  expect([...guidesOf(page, 'docs/zh/reference/reasons.md')]).toEqual([
    ['a', { means: 'One | two.', cure: 'See keys (docs/zh/reference/values.md#keys).', secret: 'stays' }],
    ['b', { means: 'Fine.' }],
  ])
})
