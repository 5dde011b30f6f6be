import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LineSplitter } from './line-splitter.ts'

it('yields the same lines for any chunking', () => {
  const line = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replaceAll('\n', ''))
  fc.assert(
    fc.property(fc.array(line, { maxLength: 20 }), fc.array(fc.nat(200)), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((each) => `${each}\n`).join(''), 'utf8')
      const splitter = new LineSplitter(10_000)
      const got: string[] = []
      let start = 0
      for (const cut of [...cuts, bytes.byteLength]) {
        const end = Math.min(bytes.byteLength, start + cut)
        got.push(...splitter.push(bytes.subarray(start, end)))
        start = end
      }
      expect(got).toEqual(lines.filter((each) => each !== ''))
      expect(splitter.pendingBytes).toBe(0)
    }),
  )
})

it('reports the bytes of an incomplete line', () => {
  const splitter = new LineSplitter(100)
  expect([...splitter.push(Buffer.from('a\nbc'))]).toEqual(['a'])
  expect(splitter.pendingBytes).toBe(2)
})

it('rejects a line beyond the limit before it is complete', () => {
  const splitter = new LineSplitter(10)
  expect([...splitter.push(Buffer.from('0123456789\n'))]).toEqual(['0123456789'])
  expect([...splitter.push(Buffer.from('01234'))]).toEqual([])
  expect(() => [...splitter.push(Buffer.from('567890'))]).toThrow(/longer than 10 bytes/)
})
