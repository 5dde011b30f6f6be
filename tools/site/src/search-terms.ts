/**
 * Terms of a text for the search: words, and pairs of Chinese characters, because Chinese has no blanks between words. VitePress copies
 * this function into the page, so it refers to nothing outside.
 */
export function searchTerms(text: string): string[] {
  const words = text.toLowerCase().match(/\p{Script=Han}+|[\p{L}\p{N}]+(?:[._-][\p{L}\p{N}]+)*/gu) ?? []
  return words.flatMap((word) => {
    if (!/\p{Script=Han}/u.test(word)) return [word, ...(/[._-]/.test(word) ? word.split(/[._-]/) : [])]
    const characters = Array.from(word)
    return characters.length < 3
      ? [word]
      : characters.slice(1).map((character, index) => `${characters[index]}${character}`)
  })
}
