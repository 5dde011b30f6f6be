import { describe, expect, it } from 'vitest'
import { avoidedWords } from './avoided-words.ts'
import { longCells, MAX_CELL_LENGTH } from './long-cells.ts'

describe('avoidedWords', () => {
  it.each([
    ['in a sentence', 'It is told\nto Nobody.', ['1 told', '2 nobody']],
    ['in camelCase', 'const toldNobody = 1', ['1 told', '1 nobody']],
    ['in the name of a type', 'class AnewBody {}', ['1 anew']],
    ['in a constant', 'const BY_NOW = 1', ['1 by now']],
    ['in a file name', "from './anew-body.ts'", ['1 anew']],
  ])('finds words %s', (_where, text, expected) => {
    expect(avoidedWords(text).map(({ line, word }) => `${line} ${word}`)).toEqual(expected)
  })

  it.each(['renewed', 'besides', 'understands', 'retold', 'bystander'])('accepts %s', (word) => {
    expect(avoidedWords(`It ${word}.`)).toEqual([])
  })

  it('says what to write instead', () => {
    expect(avoidedWords('written anew')).toEqual([
      { line: 1, word: 'anew', instead: expect.stringContaining('recreate') },
    ])
  })
})

describe('longCells', () => {
  const cell = (length: number): string => 'x'.repeat(length)

  it('finds cells above the limit, with their line', () => {
    const table = `| a | b |\n| --- | --- |\n| ${cell(MAX_CELL_LENGTH)} | ${cell(MAX_CELL_LENGTH + 1)} |`
    expect(longCells(table)).toEqual([{ line: 3, length: MAX_CELL_LENGTH + 1 }])
  })

  it('counts the text of a link, not its address', () => {
    expect(longCells(`| [${cell(150)}](https://example.com/${cell(100)}) |`)).toEqual([])
  })

  it('takes an escaped bar as part of the cell', () => {
    expect(longCells(`| ${cell(150)}\\|${cell(150)} |`)).toHaveLength(1)
  })

  it('ignores lines outside of tables', () => {
    expect(longCells(cell(MAX_CELL_LENGTH + 1))).toEqual([])
  })
})
