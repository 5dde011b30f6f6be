import { describe, expect, it } from 'vitest'
import { bytesOf, type ListHolder, ListMemory } from './list-memory.ts'

const MIB = 1024 * 1024

/** A memory of 10 MiB, with the lists that it has dropped. */
function memoryOf() {
  const dropped: string[] = []
  const names = new Map<ListHolder, string>()
  const memory = new ListMemory<ListHolder>(10, (holder, { message }) =>
    dropped.push(`${names.get(holder)}: ${message}`),
  )
  const list = (name: string, ...namespaces: readonly string[]): ListHolder => {
    const holder = { namespaces: new Map(namespaces.map((namespace) => [namespace, 1])) }
    names.set(holder, name)
    return holder
  }
  return { memory, dropped, list }
}

describe('the memory of all lists', () => {
  it('refuses the list that does not fit, and names the remedy', () => {
    const { memory, dropped, list } = memoryOf()
    memory.reserve(list('one', 'a'), 4 * MIB)
    memory.reserve(list('two', 'b'), 5 * MIB)
    expect(() => memory.reserve(list('three', 'c'), 6 * MIB)).toThrow(
      'the lists of all stores may have 10 MiB (--list-memory-mib), of which this one would need 6.0 MiB; let stores share an identity',
    )
    expect(dropped).toEqual([])
    expect(memory.bytes).toBe(9 * MIB)
  })

  it('drops a list of a namespace that has more, which cannot displace back', () => {
    const { memory, dropped, list } = memoryOf()
    const [small, big] = [list('small', 'a'), list('big', 'b')]
    memory.reserve(list('big too', 'b'), 4 * MIB)
    memory.reserve(big, 5 * MIB)
    memory.reserve(small, 3 * MIB)
    expect(dropped).toEqual([expect.stringContaining('big too: listing secrets')])
    expect(memory.bytes).toBe(8 * MIB)
    expect(() => memory.reserve(list('big again', 'b'), 4 * MIB)).toThrow('of which this one would need 4.0 MiB')
    expect(dropped).toHaveLength(1)
  })

  it('keeps a list that a small namespace also uses', () => {
    const { memory, dropped, list } = memoryOf()
    memory.reserve(list('shared', 'a', 'b'), 6 * MIB)
    memory.reserve(list('own', 'b'), 4 * MIB)
    memory.reserve(list('small', 'c'), 2 * MIB)
    expect(dropped).toEqual([expect.stringContaining('own: ')])
  })

  it('assumes the former size of a list that is being read', () => {
    const { memory, dropped, list } = memoryOf()
    const [one, two] = [list('one', 'a'), list('two', 'b')]
    memory.reserve(one, 7 * MIB)
    memory.release(one)
    memory.reserve(two, 6 * MIB)
    expect(() => memory.reserve(one, 5 * MIB)).toThrow('--list-memory-mib')
    expect(dropped).toEqual([])
  })

  it('gets memory back from a list that becomes smaller', () => {
    const { memory, list } = memoryOf()
    const one = list('one', 'a')
    memory.reserve(one, 9 * MIB)
    memory.reserve(one, 2 * MIB)
    memory.reserve(list('two', 'b'), 8 * MIB)
    memory.release(one)
    expect(memory.bytes).toBe(8 * MIB)
  })

  it('counts names and tags', () => {
    expect(bytesOf({ name: 'app/db' })).toBe(106)
    expect(bytesOf({ name: 'app/db', tags: { team: 'web' } })).toBe(106 + 47)
  })
})
