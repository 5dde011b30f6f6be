import { AVOIDED } from './word-list.ts'

/** One avoided word in a text. */
export interface WordHit {
  /** From 1. */
  readonly line: number
  readonly word: string
  readonly instead: string
}

const PATTERN = new RegExp(`\\b(${[...AVOIDED.keys()].map((word) => word.replace(' ', '\\s+')).join('|')})\\b`, 'gi')

/** Avoided words of a text, names in camelCase and snake_case included. */
export function avoidedWords(text: string): readonly WordHit[] {
  return text.split('\n').flatMap((content, index) =>
    [...withSpaces(content).matchAll(PATTERN)].map(([found]) => {
      const word = found.toLowerCase().replace(/\s+/g, ' ')
      return { line: index + 1, word, instead: AVOIDED.get(word) ?? '' }
    }),
  )
}

/** Splits `toldNobody` and `told_nobody` into words. */
function withSpaces(content: string): string {
  return content.replaceAll('_', ' ').replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, ' ')
}
