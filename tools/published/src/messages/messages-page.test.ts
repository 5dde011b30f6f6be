import { classifyErrorResponse, type ErrorTable, KMS_ERRORS, STS_ERRORS } from '@ack-secret-manager/alicloud-openapi'
import { reasonOf, Sensitive } from '@ack-secret-manager/core'
import { describe, expect, it } from 'vitest'
import { textOf } from '../markdown.ts'
import { MESSAGES_PAGE, messagesMarkdown, SERVICES, shownText } from './messages-page.ts'
import { commandTexts, textsOf } from './service-texts.ts'

const page = textOf(MESSAGES_PAGE)
const sorted = (texts: readonly string[]): string[] => [...texts].toSorted((one, other) => (one < other ? -1 : 1))

it('the page of messages is generated from the sources', () => expect(page).toBe(messagesMarkdown()))

describe('the page of messages', () => {
  it('has every text of every service and command, once in its section', () => {
    const sections = page.split('\n## ').slice(1)
    expect(sections.map((section) => section.split('\n', 1)[0])).toEqual([
      ...SERVICES.map(({ title }) => title),
      'Command line',
    ])
    const texts = [...SERVICES.map((service) => textsOf(service)), commandTexts()]
    for (const [index, messages] of texts.entries()) {
      const shown = [...(sections[index] ?? '').matchAll(/^(?:\| |- )(`.*?`)(?: \||(?: \(.*\))?$)/gm)].map(
        ([, code = '']) => code.replaceAll('\\|', '|'),
      )
      const said = messages.map(({ text }) => `\`${shownText(text)}\``)
      expect(sorted(shown)).toEqual(sorted(said))
    }
    expect(texts.flat().length).toBeGreaterThan(250)
  })

  it.each<[string, ErrorTable, string[]]>([
    ['KMS', KMS_ERRORS, Object.keys(KMS_ERRORS)],
    ['STS', STS_ERRORS, Object.keys(STS_ERRORS)],
    [
      'Every service of Alibaba Cloud',
      {},
      ['SignatureDoesNotMatch', 'Throttling.User', 'Forbidden.RAM', 'InvalidVersion'],
    ],
  ])('has each code of %s with the text and reason that a user sees', (title, table, codes) => {
    const [, section = ''] = page.split(`\n## ${title}\n`)
    const rows = section.split('\n## ', 1)[0]?.split('\n') ?? []
    for (const remoteCode of codes) {
      const failure = { httpStatus: 400, remoteCode, message: new Sensitive(''), clockSkewMs: undefined }
      const { code, hint } = classifyErrorResponse(failure, table)
      const row = rows.find((each) => each.includes(`\`${remoteCode}\``) && each.includes(reasonOf(code)))
      const parts = /^\| `([^`]*)`/.exec(row ?? '')?.[1]?.split('…') ?? ['no row']
      expect(parts.filter((part) => !hint.includes(part))).toEqual([])
    }
  })
})

describe('the generator refuses', () => {
  const parts = ['read it', 'call oos:ListSecretParameters on secretparameter/*']
  const source = { file: 'packages/backend-oos/src/internal/oos-errors.ts', parts }
  const texts = SERVICES.find(({ title }) => title === 'OOS')?.advice ?? {}
  const [notFound = '', malformed = ''] = Object.keys(texts)
  const advice = { [notFound]: ['a', 'b'], [malformed]: ['a', 'b'] } as const
  const service = { title: 'OOS', intro: '', sources: [source], advice }

  it('nothing else', () => expect(textsOf(service)).toHaveLength(2))

  it.each([
    [
      'a text without advice',
      { ...service, advice: { [notFound]: ['a', 'b'] as const } },
      `no advice for "${malformed}"`,
    ],
    ['advice without a text', { ...service, advice: { ...advice, gone: ['a', 'b'] as const } }, 'no source has "gone"'],
    [
      'a part without a text',
      { ...service, sources: [{ ...source, parts: ['read it', 'gone'] }] },
      'has no text "gone"',
    ],
  ])('%s', (_what, changed, problem) => expect(() => textsOf(changed)).toThrow(problem))
})
