# Times farringtonFlexible of R's package surveillance, with exposure as offset, on series of the form of `evaluate trends`
# (series_id, week_index, count, exposure): the last 49 weeks of the first so many series. Prints series-weeks per second.
#   Rscript benches/peers/farrington.R series.csv 10
suppressPackageStartupMessages(library(surveillance))
arguments <- commandArgs(trailingOnly = TRUE)
table <- read.csv(arguments[1])
most <- if (length(arguments) > 1) as.integer(arguments[2]) else 10
control <- list(
  b = 5, w = 3, noPeriods = 10, pastWeeksNotIncluded = 26, weightsThreshold = 2.58, reweight = TRUE, trend = TRUE,
  pThresholdTrend = 1, limit54 = c(0, 4), thresholdMethod = "nbPlugin", populationOffset = TRUE, alpha = 0.01, verbose = FALSE
)
weeks <- 0
started <- proc.time()[["elapsed"]]
for (name in head(unique(table$series_id), most)) {
  own <- table[table$series_id == name, ]
  if (nrow(own) < 312) next
  series <- sts(observed = matrix(own$count), population = matrix(own$exposure), start = c(2020, 1), frequency = 52)
  control$range <- (nrow(own) - 48):nrow(own)
  invisible(farringtonFlexible(series, control))
  weeks <- weeks + 49
}
seconds <- proc.time()[["elapsed"]] - started
cat(sprintf("%d series-weeks in %.1f s: %.1f per second\n", weeks, seconds, weeks / seconds))
