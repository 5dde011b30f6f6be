import { mkdirSync, writeFileSync } from 'node:fs'
import { chartFiles, ROOT } from './chart-files.ts'

for (const [path, content] of chartFiles()) {
  const file = new URL(path, ROOT)
  mkdirSync(new URL('.', file), { recursive: true })
  writeFileSync(file, content)
  console.info(path)
}
