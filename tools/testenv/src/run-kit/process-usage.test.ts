import { expect, it } from 'vitest'
import { cpuSecondsOf, mebibytesOf, usageOf } from './process-usage.ts'

it('reads user and system time after a name with blanks and parentheses', () => {
  const rest = 'S 1 2 3 4 5 6 7 8 9 10 1250 250 0 0 20 0 11 0 100'
  expect(cpuSecondsOf(`4242 (node (x) y) ${rest}`)).toBe(15)
})

it('reads a size in MiB', () => {
  expect(mebibytesOf('Name:\tnode\nVmHWM:\t  102400 kB\nVmRSS:\t   51200 kB\n', 'VmHWM')).toBe(100)
})

it('reads the usage of this process', async () => {
  const { peakRssMiB, rssMiB } = await usageOf(process.pid)
  expect(peakRssMiB).toBeGreaterThan(1)
  expect(rssMiB).toBeLessThanOrEqual(peakRssMiB)
})
