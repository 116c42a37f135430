/**
 * A process that may die between any two of its steps.
 *
 * Invariant: a task gives way at every wait and every answer it waits for; what a dead process had
 * begun never goes on, and whoever waited for its answer hears that the line is gone.
 */
import type { VirtualClock } from './clock.ts'
import { Lost } from './lost.ts'

/** A task: waits some milliseconds, or for an answer. */
export type Steps<T = void> = Generator<number | Answer<unknown>, T, void>

/** Somebody's answer, which may never come. */
export class Answer<T> {
  value: T | undefined
  fault: Lost | undefined
  isThere = false
  private waiting: (() => void) | null = null

  give(value: T): void {
    if (this.isThere) return
    this.value = value
    this.settle()
  }

  fail(fault: Lost): void {
    if (this.isThere) return
    this.fault = fault
    this.settle()
  }

  whenThere(resume: () => void): void {
    if (this.isThere) resume()
    else this.waiting = resume
  }

  private settle(): void {
    this.isThere = true
    this.waiting?.()
    this.waiting = null
  }
}

export class Process {
  isAlive = true
  private generation = 0
  private readonly owed = new Set<Answer<unknown>>()
  private readonly clock: VirtualClock
  /** Asked before each step: whether the process dies here. */
  private readonly dies: () => boolean

  constructor(clock: VirtualClock, dies: () => boolean) {
    this.clock = clock
    this.dies = dies
  }

  /** Begins a task; its answer fails when the process dies first. */
  run<T>(steps: Steps<T>): Answer<T> {
    const answer = new Answer<T>()
    if (!this.isAlive) {
      answer.fail(new Lost('nobody is there'))
      return answer
    }
    this.owed.add(answer)
    this.step(steps, answer, this.generation)
    return answer
  }

  kill(): void {
    this.isAlive = false
    this.generation += 1
    const owed = [...this.owed]
    this.owed.clear()
    for (const answer of owed) {
      this.clock.after(1, () => answer.fail(new Lost('the process died')))
    }
  }

  start(): void {
    this.isAlive = true
  }

  private step<T>(steps: Steps<T>, answer: Answer<T>, generation: number): void {
    if (generation !== this.generation) return
    if (this.dies()) {
      this.kill()
      return
    }
    let next: IteratorResult<number | Answer<unknown>, T>
    try {
      next = steps.next()
    } catch (fault) {
      this.owed.delete(answer)
      if (!(fault instanceof Lost)) throw fault
      answer.fail(fault)
      return
    }
    if (next.done) {
      this.owed.delete(answer)
      answer.give(next.value)
      return
    }
    const resume = () => this.step(steps, answer, generation)
    if (typeof next.value === 'number') this.clock.after(next.value, resume)
    else next.value.whenThere(() => this.clock.after(0, resume))
  }
}
