/** What the till said on the day it was bought. */
export const apply = (till) => ({ ...till, greeting: 'Good day.' })
