import { anyCodePoint } from '@ack-secret-manager/test-support/any-text'
import { assert, property, string, uint8Array } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escapeXml, parseXml } from './mns-xml.ts'

const parse = (text: string): unknown => parseXml(Buffer.from(text))

const BILLION_LAUGHS = `<!DOCTYPE a [${Array.from({ length: 9 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join('')}]><a>&l9;</a>`

const REFUSED: readonly (readonly [what: string, text: string])[] = [
  ['nothing', ''],
  ['a text', 'hello'],
  ['a page', '<html><body><h1>It works!</body></html>'],
  ['half a document', '<Messages><Message>'],
  ['two roots', '<a/><b/>'],
  ['crossed elements', '<a><b></a></b>'],
  ['entities that expand', BILLION_LAUGHS],
  ['an external entity', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'],
  ['an external document type', '<!DOCTYPE a SYSTEM "http://example.com/a.dtd"><a/>'],
  ['an unknown entity', '<a>&x;</a>'],
  ['a character that XML cannot hold', '<a>&#0;</a>'],
  ['a reference beyond Unicode', '<a>&#x110000;</a>'],
  ['a repeated attribute', '<a b="1" b="2"/>'],
  ['deep nesting', `${'<a>'.repeat(9)}${'</a>'.repeat(9)}`],
  ['very deep nesting', '<a>'.repeat(200_000)],
  ['too many elements', `<a>${'<b/>'.repeat(1_000)}</a>`],
]

describe('a response', () => {
  it.each(REFUSED)('with %s is refused', (_what, text) => {
    expect(parse(text)).toBeUndefined()
  })

  it('in another encoding than UTF-8 is refused', () => {
    expect(parseXml(Uint8Array.from([0x3c, 0x61, 0x3e, 0xff, 0x3c, 0x2f, 0x61, 0x3e]))).toBeUndefined()
  })

  it('gives the texts of its elements', () => {
    expect(parse('<?xml version="1.0"?><a xmlns="x"><b>1 &lt;&amp;&#65;</b><b><![CDATA[<c>]]></b><d/></a>')).toEqual([
      { path: 'a/b', text: '1 <&A' },
      { path: 'a/b', text: '<c>' },
      { path: 'a/d', text: '' },
      { path: 'a', text: '' },
    ])
  })

  it('never throws, for any bytes', () => {
    assert(property(uint8Array({ maxLength: 200 }), (bytes) => void parseXml(bytes)))
    assert(property(string({ unit: anyCodePoint }), (text) => void parse(`<a>${text}</a>`)))
  })

  it('holds any text without control characters, unchanged', () => {
    const lost = /(?![\t\n\r])[\p{Cc}\uFFFE\uFFFF]/gu
    assert(
      property(string({ unit: anyCodePoint }), (text) => {
        expect(parse(`<a>${escapeXml(text)}</a>`)).toEqual([{ path: 'a', text: text.replaceAll(lost, '\uFFFD') }])
      }),
    )
  })
})
