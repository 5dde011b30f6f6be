import { fileURLToPath } from 'node:url'
import { exitOnClosedPipe } from '@ack-secret-manager/testenv'
import { startVitest } from 'vitest/node'
import { ContractReporter } from './contract-reporter.ts'
import { contractTables } from './contract-table.ts'

exitOnClosedPipe()
const reporter = new ContractReporter()
const filters = process.argv.slice(2)
const vitest = await startVitest('test', filters.length > 0 ? filters : ['.contract.'], {
  root: fileURLToPath(new URL('../../..', import.meta.url)),
  watch: false,
  reporters: [reporter],
})
await vitest.close()
process.stdout.write(`${contractTables(reporter.cells)}\n`)
for (const file of reporter.failures) process.stdout.write(`✗ ${file} failed\n`)
const isWhole = reporter.cells.length > 0 && reporter.failures.length === 0
process.exitCode = isWhole && reporter.cells.every(({ result }) => result !== 'broken') ? 0 : 1
