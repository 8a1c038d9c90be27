import type { Recorder } from '../recorder/recorder.ts'
import type { System } from '../system/system.ts'

/** The state of a round when its fault occurs. */
export interface FaultContext {
  system: System
  recorder: Recorder
  /** The name of the request whose call the recorder holds; undefined if the fault does not wait for a held call. */
  held: string | undefined
  /** Resolves when every request of the round has its answer. */
  answered: Promise<unknown>
}

/** Kills, freezes or replaces processes of the deployment, and resolves when all of them run again. */
export type ProcessFault = (context: FaultContext) => Promise<void>
