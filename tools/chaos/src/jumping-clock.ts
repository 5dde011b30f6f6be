// Loaded before a replica: lets it be told by a signal that the clock of its machine has been set an hour ahead, or back.
// Only `Date` jumps, as only the wall clock does where somebody sets it; what counts time on goes on counting.
const HOUR_MS = 3_600_000
const TrueDate = Date
let aheadMs = 0

const now = (): number => TrueDate.now() + aheadMs

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, args, as) => Reflect.construct(target, args.length === 0 ? [now()] : args, as) as Date,
  get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
})
process.on('SIGUSR2', () => (aheadMs += HOUR_MS))
process.on('SIGWINCH', () => (aheadMs -= HOUR_MS))
