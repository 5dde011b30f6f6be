import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { avoidedWords } from './avoided-words.ts'
import { longCells, MAX_CELL_LENGTH } from './long-cells.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const TEXT = /\.(ts|mjs|md|ya?ml|tpl|go|json|template|txt)$/
/** Test data, licence texts, and the list itself. */
const EXCLUDED =
  /^(e2e\/corpus\/(cases|conformance)\/|tools\/prose\/|tools\/build\/src\/licence-text\.ts)|LICENSES\.txt$|\/testdata\/|\/fixtures\/.*\.ya?ml$/

/** Paths to check: the arguments, or all. */
const under = process.argv.slice(2)
if (under.includes('--help')) {
  console.log(
    'npm run prose               checks all tracked text\nnpm run prose -- docs apps  checks what is below these paths',
  )
  process.exit()
}
const files = execFileSync('git', ['ls-files', '--', ...under], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((path) => TEXT.test(path) && !EXCLUDED.test(path))
if (files.length === 0) {
  console.error(`prose: no tracked text in ${under.join(', ')}. Paths are relative to the root of the repository.`)
  process.exit(2)
}

const hits = files.flatMap((path) => {
  const text = readFileSync(new URL(path, `file://${ROOT}`), 'utf8')
  const inPath = avoidedWords(path).map(({ word, instead }) => `${path}: the name has "${word}"; write ${instead}`)
  const words = avoidedWords(text).map(({ line, word, instead }) => `${path}:${line}: "${word}"; write ${instead}`)
  const cells = path.endsWith('.md')
    ? longCells(text).map(
        ({ line, length }) => `${path}:${line}: a cell of ${length} characters; the limit is ${MAX_CELL_LENGTH}`,
      )
    : []
  return [...inPath, ...words, ...cells]
})

for (const hit of hits) console.log(hit)
console.log(`prose: ${files.length} files, ${hits.length} hits`)
process.exitCode = hits.length > 0 ? 1 : 0
