/**
 * Who did what happened by itself.
 *
 * Invariant: one name, in every audit row that nobody's act made.
 */
export const SYSTEM = 'signalbox'
