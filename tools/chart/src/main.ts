import { mkdirSync, writeFileSync } from 'node:fs'
import { chartFiles, deployFiles } from './generators/chart-files.ts'
import { ROOT } from './root.ts'

function write(files: ReadonlyMap<string, string>): void {
  for (const [path, content] of files) {
    const file = new URL(path, ROOT)
    mkdirSync(new URL('.', file), { recursive: true })
    writeFileSync(file, content)
    console.info(path)
  }
}

write(chartFiles())
write(await deployFiles())
