import { readmeExample } from '@ack-secret-manager/test-support/readme-example'
import { expect, it } from 'vitest'

const example = readmeExample(import.meta.url)

it('the example of the README runs unchanged', async () => {
  expect(await example.run()).toBe('container-registry token true\n')
})
