import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startVitest } from 'vitest/node'
import { SCENARIOS_PAGE, scenariosPage } from './scenarios-page.ts'

const results = new Map<string, string>()
const vitest = await startVitest('test', ['e2e/conformance/'], {
  root: fileURLToPath(new URL('../../../', import.meta.url)),
  project: 'cluster',
  watch: false,
})
for (const module of vitest.state.getTestModules()) {
  for (const test of module.children.allTests()) results.set(test.fullName, test.result().state)
}
await vitest.close()

const resultOf = (title: string, name: string) =>
  results.get(`scenarios > ${title} > ${name}`) === 'passed' ? 'green' : 'red'
writeFileSync(SCENARIOS_PAGE, scenariosPage(resultOf))
