/** What the shop looked like on the day it opened. */
export const apply = (shop) => ({ ...shop, notices: ['We have opened!'] })
