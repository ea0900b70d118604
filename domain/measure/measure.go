// Package measure holds the survey measures by name and version. A score is stored as
// it was given; which formula made a number of it is part of the number.
package measure
